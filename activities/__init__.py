"""The activities of the application: what touches the world on behalf of a case."""
