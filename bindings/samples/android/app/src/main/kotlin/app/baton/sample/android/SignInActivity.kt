// Signing in: the way into the app for whom nobody is signed in, or not any more.

package app.baton.sample.android

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.text.InputType
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import app.baton.core.Baton
import app.baton.core.CoreException
import app.baton.core.forPeople
import app.baton.sample.model.wantsSignIn
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch

class SignInActivity : Activity() {
    private lateinit var scope: CoroutineScope
    private lateinit var workspace: EditText
    private lateinit var email: EditText
    private lateinit var password: EditText
    private lateinit var button: Button
    private lateinit var problem: TextView

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        workspace = EditText(this).apply { hint = "Workspace" }
        email = EditText(this).apply { hint = "E-mail" }
        password = EditText(this).apply {
            hint = "Password"
            inputType = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_PASSWORD
        }
        button = Button(this).apply { text = "Sign in" }
        problem = TextView(this)
        val all = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL }
        for (view in listOf(workspace, email, password, button, problem)) all.addView(view)
        setContentView(all)
        scope = CoroutineScope(mainExecutor.asCoroutineDispatcher())
        scope.launch {
            val baton = (application as BatonApp).baton.core()
                ?: return@launch refuses("Unlock the device and make room on it, then start again.")
            button.setOnClickListener { scope.launch { baton.signsIn() } }
            // Also where an activity asked that is gone since, with the device turned.
            baton.current.first { !it.wantsSignIn() }
            startActivity(Intent(this@SignInActivity, InboxActivity::class.java))
            finish()
        }
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    private suspend fun Baton.signsIn() {
        button.isEnabled = false
        try {
            signIn("${workspace.text}", "${email.text}", "${password.text}")
        } catch (error: CoreException) {
            refuses(error.forPeople())
        } finally {
            button.isEnabled = true
        }
    }

    private fun refuses(why: String) {
        problem.text = why
    }
}
