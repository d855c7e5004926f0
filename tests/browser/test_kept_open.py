"""A test's browser begins empty, whatever the pages of the test before did in their last moment."""

from tests.browser.conftest import KeptOpen

# The ribbon sets the user whom the demo plays at every run; so many that some are still on their way at the end.
SETS_COOKIES = """setInterval(() => {
  for (let each = 0; each < 500; each++) document.cookie = "c3-demo-user=somebody; path=/; max-age=1000";
}, 0)"""


def test_a_cookie_of_a_page_that_is_closed_does_not_reach_the_next_test(kept_open: KeptOpen) -> None:
    context = kept_open.page.context
    for _ in range(5):
        page = context.new_page()
        page.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
        page.goto("http://localhost/somewhere")
        page.evaluate(SETS_COOKIES)
        kept_open.clean()
        kept_open.page.wait_for_timeout(50)
        assert context.cookies() == []
