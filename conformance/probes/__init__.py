"""Probes look: one module an area; each talks to the network and knows no requirement."""
