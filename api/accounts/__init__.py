"""Who is asking: persons by mobile number and SMS code, operators by name and password."""
