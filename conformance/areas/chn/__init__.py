"""The sealed channel between web app and core app."""
