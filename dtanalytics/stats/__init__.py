"""Statistics that know nothing of calls: intervals, bootstrap, shrinkage, callers as clusters."""
