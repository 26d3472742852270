"""How the services answer: HTTP requests, pages, faults and quirks."""
