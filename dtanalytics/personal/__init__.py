"""Which columns identify people, by name, by place and by the shape of their values; what may leave."""
