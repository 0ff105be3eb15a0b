"""From an application to its form."""

from __future__ import annotations

from api.applications.numbers import CHINA
from api.applications.queries import Application
from api.catalogue.queries import Product
from ca.documents.forms import ApplicationForm, render_application_form


def rendered_form(new: Application, product: Product, legal_person_id: str, administrator_id: str) -> bytes:
    """The filled form as a PDF. Raises FormFieldRefused, GlyphsMissing."""
    return render_application_form(
        ApplicationForm(
            application_number=new.id,
            applied_on=new.created_at.astimezone(CHINA).date(),
            ca_name=product.authority_name,
            enterprise_name=new.enterprise.name,
            credit_code=new.enterprise.credit_code,
            legal_person=new.legal_person or "",
            legal_person_id=legal_person_id,
            administrator_name=new.holder_name,
            administrator_phone=new.holder_phone,
            administrator_id=administrator_id,
            platform=product.platform_name,
            scope=product.scope,
            term=product.term,
        )
    )
