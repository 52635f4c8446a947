//! The one dynamic value of playbooks.
