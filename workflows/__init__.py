"""The workflows of the application: one case from report to close."""
