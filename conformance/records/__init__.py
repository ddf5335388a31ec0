"""What probes bring home: frozen records, one module an area, that JSON can hold."""
