#pragma once
#include "ticket/session.h"

namespace coppice {

/// search.method = "early-bird": a ticket for a fraction of the full search's steps, after You et al. 2020
/// ("Drawing early-bird tickets"), with signals that serve sparse element masks.
///
/// 1. The dense network is trained in full (level 0): the reference that a ticket has to match.
/// 2. A short run finds masks for one level after another (scout.h), until its accuracy stays behind that of
///    the dense network at the same step: the limit of what can be pruned.
/// 3. The sparsest level before the limit is trained in full from the rewind point, as the full search would.
///    Where it misses the tolerance on validation by more than the noise (kEarlyDoubt), so is the next denser
///    one, search.attempts times in all.
///
/// The rewind point comes from the dense network's training; up to search.prune_from the short run passes it
/// too, with the same bits, so that it costs the search nothing beyond what is counted.
///
/// All replicates together decide where to stop and which level to train. Fills session.result.records and
/// .scouts.
void search_early(Session& session);

/// Adds to the ticket what the short runs took, and states what all but the dense network did, a search for
/// the rewind point included (which `add_rewind_search` adds to the whole).
void count_short_runs(Ticket& ticket, const SearchResult& result);

}  // namespace coppice
