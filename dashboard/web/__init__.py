"""The edge towards the browser: sign-in sessions, cookies, security headers. Knows nothing of patients."""
