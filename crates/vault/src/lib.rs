//! The Ansible vault formats 1.1 and 1.2.
