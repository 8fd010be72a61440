// The inbox as Android's own canvas draws it, in a picture, without a device.

package app.baton.phone

import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import android.view.Window
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import app.baton.app.Sample
import app.baton.app.look.BatonTheme
import app.baton.app.look.Shade
import app.baton.app.model.tabsOf
import app.baton.app.screens.InboxActs
import app.baton.app.screens.InboxScreen
import app.baton.app.words.Language
import app.baton.app.words.Words
import app.baton.core.Badge
import java.io.File
import java.time.ZoneOffset
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What is blank, or a field in one colour, has fewer. */
private const val COLOURS = 100

@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [34], manifest = Config.NONE, qualifiers = "w411dp-h891dp-xhdpi")
class PictureTest {
    private fun drawn(language: Language, shade: Shade): Bitmap {
        val controller = Robolectric.buildActivity(ComponentActivity::class.java)
        val activity = controller.get().also { it.requestWindowFeature(Window.FEATURE_NO_TITLE) }
        controller.setup()
        activity.setContent {
            BatonTheme(Words(language, ZoneOffset.UTC), shade) {
                val tabs = tabsOf(Badge(4u, 6u, 3u, 1u), Sample.people.teams)
                InboxScreen(Sample.inbox(Sample.ranked), tabs, Sample.live, InboxActs(), concerning = 2)
            }
        }
        shadowOf(Looper.getMainLooper()).idle()
        val view = activity.window.decorView
        val picture = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        view.draw(Canvas(picture))
        return picture
    }

    private fun Bitmap.colours(): Set<Int> = buildSet {
        for (x in 0 until width) for (y in 0 until height) add(getPixel(x, y))
    }

    private fun looks(name: String, language: Language, shade: Shade) {
        val picture = drawn(language, shade)
        val file = File(System.getProperty("baton.pictures"), "$name.png")
        file.parentFile?.mkdirs()
        file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
        assertEquals(822 to 1782, picture.width to picture.height)
        assertTrue("it has ${picture.colours().size} colours", picture.colours().size > COLOURS)
    }

    @Test
    fun the_inbox_is_drawn() = looks("inbox-light", Language.ENGLISH, Shade.LIGHT)

    @Test
    fun the_inbox_is_drawn_by_night_and_from_right_to_left() = looks("inbox-arabic-dark", Language.ARABIC, Shade.DARK)
}
