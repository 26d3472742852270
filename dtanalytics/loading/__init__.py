"""From the cache, else from the service: which days to ask, how a load is made whole, the loaders."""
