// What Android's tools make of the resources: only to compile against.

package app.baton.sample

object R {
    object string {
        const val server = 1
    }

    object drawable {
        const val notification = 2
    }
}
