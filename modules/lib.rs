//! The modules, one file each, and their list.
