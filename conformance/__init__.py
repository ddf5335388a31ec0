"""Portero: does a messaging gateway keep the security promises of its documentation?"""

__version__ = "0.1.0"
