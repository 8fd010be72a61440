// States made of states.

package app.baton.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.stateIn

/** A state that follows three others, and is there at once. */
internal fun <A, B, C, S> Desk.combined(
    a: StateFlow<A>,
    b: StateFlow<B>,
    c: StateFlow<C>,
    make: (A, B, C) -> S,
): StateFlow<S> = scope.combined(a, b, c, make)

internal fun <A, B, C, S> CoroutineScope.combined(
    a: StateFlow<A>,
    b: StateFlow<B>,
    c: StateFlow<C>,
    make: (A, B, C) -> S,
): StateFlow<S> = combine(a, b, c, make)
    .stateIn(this, SharingStarted.Eagerly, make(a.value, b.value, c.value))
