"""What a poorer server makes us do instead, as the keys of `Notice.kind`; `dashboard.ui.shared.wording` has the words.

`Notice.detail` is a resource type, a search parameter or an include, never a value from a record.
"""

from enum import StrEnum


class NoticeKind(StrEnum):
    """Every kind of notice the client gives. The rows that come with one are right; it says what is missing or
    why it was slow.
    """

    # The server lacks something, and we did it with more requests: nothing is missing.
    NO_INCLUDE = "no-include"  # _include not offered: the referenced records were read one list at a time
    NO_REVINCLUDE = "no-revinclude"  # _revinclude not offered: a second search was made
    NO_POST_SEARCH = "no-post-search"  # POST _search not offered: the list of patients was split over several searches
    NO_OR_LISTS = "no-or-lists"  # a comma list of patients is not understood: one search a patient
    FILTERED_HERE = "filtered-here"  # the server ignores the parameter in `detail`: all was read and filtered here
    NO_COUNT = "no-count"  # `_summary=count` brings no number: all rows were read and counted here
    SORTED_HERE = "sorted-here"  # the server does not sort by `detail`: sorted here
    # Something is missing, and the user must know.
    INCOMPLETE = "incomplete"  # the server has more rows than it lets us page through
    PAGING_LOOP = "paging-loop"  # the next link repeats: the pages up to there are shown
    NO_CHAIN = "no-chain"  # chains and `_has` do not work for `detail`: what needs them is left out
    CAPPED = "capped"  # more rows than `max_rows`: the first are shown
    UNSORTED = "unsorted"  # the order asked for (`detail`) could not be made
    PARAMETER_IGNORED = "parameter-ignored"  # the server says that it ignored something we asked for
    SERVER_WARNING = "server-warning"  # the server sent a warning with the rows; `detail` is its issue code
    # Writing.
    UNPROTECTED_SAVE = (
        "unprotected-save"  # no versioned update for the type in `detail`: saves are compared, not locked
    )
    SAVED_IN_STEPS = "saved-in-steps"  # no transactions: records are saved one after the other, so a save may break off
