"""Pages that use the service as an app does: by its HTTP API and by nothing else.

    visit.api.get("/v1/certificates", list="active")    # a call of the API, in this very process
    visit.page("certificates.html", certificates=…)     # a template, with the session kept in cookies

Whatever a page can do, the native app can do with the same calls; what the API refuses, a page cannot do.
"""
