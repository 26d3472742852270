"""Which columns identify people, by name, by lineage and by the shape of their values; what may leave."""
