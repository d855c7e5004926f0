"""Two users of different teams: nobody sees rows of the other's patients, in one browser or in two."""

from playwright.sync_api import Browser, Page, expect

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.browser.screens import Worklist
from tests.records import search
from tests.running import Launched


def patients_of(fhir: HttpFhirServer, practitioner: str) -> set[str]:
    """Straight from the server: the patients whose active care teams the practitioner takes part in, without those who
    have taken their consent back.
    """
    params = (("participant", practitioner), ("status", "active"))
    rows = search(fhir, SearchRequest("CareTeam", params)).rows
    mine = {row["subject"]["reference"].removeprefix("Patient/") for row in rows}
    taken_back = search(fhir, SearchRequest("Consent", (("status", "inactive"),), patients=tuple(sorted(mine)))).rows
    # Consent to take part in a study is another matter than consent to share the record.
    shared_no_more = (row for row in taken_back if "research" not in str(row.get("scope")))
    return mine - {row["patient"]["reference"].removeprefix("Patient/") for row in shared_no_more}


def two_users(fhir: HttpFhirServer) -> list[tuple[str, set[str]]]:
    """The names of two practitioners who share no patient, with their patients."""
    found: list[tuple[str, set[str]]] = []
    roles = search(fhir, SearchRequest("PractitionerRole")).rows
    for role in sorted(roles, key=lambda each: each["id"]):
        who = role["practitioner"]
        mine = patients_of(fhir, who["reference"])
        if mine and not any(mine & theirs for _, theirs in found):
            found.append((who["display"], mine))
        if len(found) == 2:
            return found
    raise AssertionError("the demo has no two practitioners without a common patient")


def all_ids(worklist: Worklist) -> set[str]:
    found = set(worklist.ids)
    while (following := worklist.page.locator('[data-key="next"]:not([disabled])')).count():
        before = worklist.ids
        following.click()
        expect(worklist.rows.first).not_to_have_attribute("data-row", before[0])
        found |= set(worklist.ids)
    return found


def test_each_user_sees_the_rows_of_the_own_teams_and_no_others(
    worklist: Worklist, dashboard: Launched, browser: Browser
) -> None:
    fhir = HttpFhirServer(dashboard.fhir_url)
    (first, hers), (second, his) = two_users(fhir)
    fhir.close()
    worklist.as_user(first)
    assert all_ids(worklist) == hers
    # The same process has hers in memory now.
    context = browser.new_context()
    other: Page = context.new_page()
    theirs = Worklist(other, dashboard.url).open().as_user(second)
    assert all_ids(theirs) == his
    other.goto(f"{dashboard.url}/patient?id={sorted(hers)[0]}")
    expect(other.locator(".c3-error")).to_contain_text("Not found")
    context.close()
    worklist.open()
    worklist.as_user(second)
    assert all_ids(worklist) == his
