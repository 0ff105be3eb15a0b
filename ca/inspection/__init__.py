"""Looking at photos in a process apart, so that the service stays small and hostile pictures cannot hurt it.

``apart`` has signature_candidates(photo), find_seal(photo), read_licence(photo, typed). Each takes seconds
and belongs in a job, not in a request.
"""
