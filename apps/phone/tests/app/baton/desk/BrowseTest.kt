// Pages that a customer's card leads to: opened, and where that cannot be, there to be pasted.

package app.baton.desk

import java.io.IOException
import java.net.URI
import java.nio.file.Files
import java.nio.file.Path
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class BrowseTest {
    @TempDir lateinit var directory: Path
    private val opened = mutableListOf<URI>()
    private val copied = mutableListOf<String>()

    /** Opens a page on a desk whose programs answer so. */
    private fun browses(link: String, shows: (URI) -> Boolean) {
        val programs = object : Programs {
            override fun browse(page: URI) = shows(page).also { if (it) opened += page }

            override fun copy(text: String) {
                copied += text
            }
        }
        val desk = DeskPlatform(Files.createTempDirectory(directory, "desk"), programs) { null }
        runBlocking { desk.browse(link) }
    }

    @Test
    fun a_page_is_opened_and_nothing_is_copied() {
        browses(PAGE) { true }
        assertEquals(listOf(URI(PAGE)) to emptyList<String>(), opened to copied)
    }

    @Test
    fun where_no_program_shows_pages_the_link_can_be_pasted() {
        browses(PAGE) { false }
        assertEquals(listOf(PAGE), copied)
    }

    @Test
    fun where_the_program_cannot_be_started_the_link_can_be_pasted() {
        browses(PAGE) { throw IOException("no browser") }
        assertEquals(listOf(PAGE), copied)
    }

    @Test
    fun an_address_that_java_does_not_take_can_be_pasted() {
        val address = "https://shop.example/order 4471|a"
        browses(address) { true }
        assertEquals(emptyList<URI>() to listOf(address), opened to copied)
    }

    private companion object {
        const val PAGE = "https://shop.example/4471"
    }
}
