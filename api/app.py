"""The web application: every router, the services behind them, and the edge around all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

import api.accounts.operator_routes
import api.accounts.routes
import api.applications.consent_routes
import api.applications.routes
import api.catalogue.routes
import api.certificates.on_lock.routes
import api.certificates.routes
import api.csc.app_routes
import api.csc.routes
import api.enterprises.handover.routes
import api.enterprises.routes
import api.est.routes
import api.journal.routes
import api.messages.routes
import api.metrics.routes
import api.ocsp.routes
import api.openings.routes
import api.pages.routes
import api.payments.routes
import api.phone.routes
import api.pki.routes
import api.platforms.operator_routes
import api.platforms.routes
import api.platforms.webhooks.operator_routes
import api.platforms.webhooks.routes
import api.realname.desk_routes
import api.realname.routes
import api.recovery.routes
import api.registry.routes
import api.review.office_routes
import api.review.routes
import api.scanning.bindings.routes
import api.scanning.phone_routes
import api.scanning.platform_routes
import api.seals.file_routes
import api.seals.life_routes
import api.seals.operator_routes
import api.seals.routes
import api.timestamps.routes
import api.verification.file_routes
import api.verification.routes
from api import problems
from api.accounts.callers import caller_of
from api.csc.wire import told as csc_told
from api.edge import Edge
from api.idempotency.middleware import Idempotency
from api.logs import log
from api.ocsp.ahead import OcspAhead
from api.openapi.csc import PREFIX as CSC
from api.openapi.description import describe
from api.openapi.operation_ids import operation_id
from api.outside import sms_sandbox
from api.outside.alipay.sandbox import routes as alipay_sandbox
from api.outside.aliyun import cloudauth_sandbox
from api.pages.routes import pages
from api.phone.visiting import visits
from api.production import refuse_demo
from api.services import Services, open_services
from api.settings import Settings
from api.verification.pages import verification_pages
from ca.audit.event import Action, Event
from mobile_bridge.server import enrolment_routes, widget
from mobile_bridge.server import pages as bridge_pages
from mobile_bridge.server import routes as bridge_routes
from mobile_bridge.server.scans import pages as scan_pages
from mobile_bridge.server.scans import routes as scan_routes
from mobile_bridge.server.scans.cors import ScanCors

_ROUTERS = (
    api.accounts.routes.router,
    api.accounts.operator_routes.router,
    api.messages.routes.router,
    api.realname.routes.router,
    api.realname.routes.pages,
    api.realname.desk_routes.router,
    api.catalogue.routes.router,
    api.catalogue.routes.operator_router,
    api.enterprises.routes.router,
    api.enterprises.handover.routes.router,
    api.applications.routes.router,
    api.applications.consent_routes.router,
    api.payments.routes.router,
    api.payments.routes.operator_router,
    api.payments.routes.pages,
    api.certificates.routes.router,
    api.certificates.on_lock.routes.router,
    api.seals.routes.router,
    api.seals.life_routes.router,
    api.seals.operator_routes.router,
    api.seals.file_routes.router,
    api.csc.app_routes.router,
    api.review.routes.router,
    api.review.office_routes.reasons_router,
    api.review.office_routes.figures_router,
    api.registry.routes.router,
    api.platforms.operator_routes.router,
    api.platforms.webhooks.operator_routes.router,
    api.platforms.routes.router,
    api.journal.routes.router,
    api.scanning.platform_routes.router,
    api.scanning.bindings.routes.platform_router,
    api.scanning.bindings.routes.operator_router,
    api.scanning.phone_routes.router,
    api.scanning.bindings.routes.router,
    api.platforms.webhooks.routes.router,
    api.openings.routes.platform_router,
    api.openings.routes.operator_router,
    api.openings.routes.router,
    api.recovery.routes.operator_router,
    api.recovery.routes.router,
    api.pki.routes.operator_router,
    api.est.routes.router,
    api.ocsp.routes.router,
    api.pki.routes.router,
    api.verification.routes.router,
    api.verification.file_routes.router,
    api.timestamps.routes.router,
    api.metrics.routes.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The application of ``settings``, with its tokens open. Its shutdown closes them.

    Raises ConfigurationRefused, HsmError and CaError when it could not serve.
    """
    refuse_demo(settings)
    services = open_services(settings)
    app = FastAPI(
        title=settings.site_name,
        version=version("sealbridge"),
        docs_url=None,  # its page would load scripts from elsewhere; /docs is our own
        redoc_url=None,
        generate_unique_id_function=operation_id,
        lifespan=_lifespan(services),
    )
    app.state.services = services
    app.add_middleware(Idempotency, calls=services.calls, caller_of=caller_of(services.accounts))
    app.add_middleware(OcspAhead, responder=services.ocsp)
    app.add_middleware(ScanCors, room=services.waiting)
    app.add_middleware(Edge, meters=services.meters, dialects={CSC: csc_told})
    problems.install(app)
    for router in _ROUTERS:
        app.include_router(router)
    for router in api.csc.routes.ROUTERS if settings.offers_remote_signing else ():
        app.include_router(router)
    app.include_router(bridge_routes.router(services.bridge))
    app.include_router(enrolment_routes.router(services.lock_enrolments))
    app.include_router(
        bridge_pages.router(
            services.bridge, settings.site_name, settings.agent_port, enrolments=services.lock_enrolments
        )
    )
    app.include_router(widget.router())
    app.include_router(scan_routes.router(services.waiting))
    app.include_router(scan_pages.router(settings.site_name))
    with_inbox = services.sms_sandbox is not None
    app.include_router(pages(settings.site_name, with_inbox=with_inbox))
    app.include_router(verification_pages(settings.site_name, with_inbox=with_inbox))
    app.state.phone_visits = visits(settings.site_name, with_inbox=with_inbox)
    app.include_router(api.phone.routes.router(settings.site_name))
    if services.sms_sandbox is not None:
        app.include_router(sms_sandbox.router(services.sms_sandbox))
    if services.cloudauth_sandbox is not None:
        app.include_router(cloudauth_sandbox.router(services.cloudauth_sandbox))
    if services.alipay_sandbox is not None:
        app.include_router(alipay_sandbox.router(services.alipay_sandbox))
    describe(app)
    return app


def _lifespan(services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.journal.record(Event(Action.SERVICE_STARTED, detail={"version": version("sealbridge")}))
        lapsed = services.settle()
        services.upkeep.start()
        services.sandbox_upkeep.start()
        services.worker.start()
        services.inspector.start()
        services.platforms.messenger.start()
        log.info("started", lapsed_intents=lapsed)
        yield
        services.inspector.stop()
        services.platforms.messenger.stop()
        services.worker.stop()
        services.upkeep.stop()
        services.sandbox_upkeep.stop()
        services.journal.record(Event(Action.SERVICE_STOPPED))
        services.close()
        log.info("stopped")

    return lifespan
