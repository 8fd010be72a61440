// The activity on Android's own classes: Robolectric plays them without a device.

package app.baton.phone

import android.content.Intent
import android.net.Uri
import android.os.Looper
import app.baton.app.model.AppState
import app.baton.app.model.Place
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

private const val LONG_MS = 60_000L
private const val STEP_MS = 20L

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34], manifest = Config.NONE, application = PhoneApp::class)
class ActivityTest {
    private val phone get() = RuntimeEnvironment.getApplication() as PhoneApp
    private val state: AppState get() = phone.model.state.value

    private fun until(what: String, holds: () -> Boolean) {
        val end = System.nanoTime() + LONG_MS * 1_000_000
        while (!holds()) {
            check(System.nanoTime() < end) { "never: $what" }
            shadowOf(Looper.getMainLooper()).idle()
            Thread.sleep(STEP_MS)
        }
    }

    @Test
    fun it_is_drawn_made_anew_and_ended() {
        val activity = Robolectric.buildActivity(MainActivity::class.java).setup()
        until("it has started") { !state.isStarting }
        val view = activity.get().window.decorView
        assertTrue("it is drawn ${view.width} by ${view.height}", view.width > 0 && view.height > 0)
        assertEquals(activity.get(), phone.platform.screen)
        activity.recreate()
        assertEquals(activity.get(), phone.platform.screen)
        activity.pause().stop().destroy()
        assertNull(phone.platform.screen)
    }

    @Test
    fun what_is_typed_outlives_the_activity() {
        val activity = Robolectric.buildActivity(MainActivity::class.java).setup()
        until("it has started") { !state.isStarting }
        phone.model.setWorkspace("sol")
        activity.recreate()
        assertEquals("sol", state.signIn.workspace)
    }

    @Test
    fun a_link_into_a_conversation_waits_for_who_signs_in() {
        val link = Intent(Intent.ACTION_VIEW, Uri.parse("baton:marta"))
        Robolectric.buildActivity(MainActivity::class.java, link).setup()
        until("it has started") { !state.isStarting }
        assertEquals(emptyList<Place>(), state.places)
        assertNull(state.session)
    }
}
