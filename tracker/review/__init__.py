"""The Datasette plugin: the analyst's desk."""
