"""Who reaches what over the network."""
