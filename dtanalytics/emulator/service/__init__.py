"""How it is answered: requests over HTTP, pages, faults and quirks."""
