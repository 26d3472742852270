"""The services' clients: a question in, pages that are proved complete out."""
