//! What controller and runner say to each other.
