//! The one door from a module to a host, with its journal and its overlay.
