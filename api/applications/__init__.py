"""Applications for enterprise certificates, from the draft to the certificate."""
