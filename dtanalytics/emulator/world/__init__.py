"""The generated calls behind the services: the market, the callers, what happens to each call."""
