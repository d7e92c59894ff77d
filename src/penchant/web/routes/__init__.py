"""The app's addresses: pages for people, an API for programs, downloads, events, and what operators ask."""
