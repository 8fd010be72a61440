// Work that the system lets an app do later: sends what waits, and fetches what was missed.

package app.baton.android

import android.content.Context
import androidx.work.Constraints
import androidx.work.CoroutineWorker
import androidx.work.ExistingWorkPolicy
import androidx.work.ListenableWorker.Result
import androidx.work.NetworkType
import androidx.work.OneTimeWorkRequestBuilder
import androidx.work.OutOfQuotaPolicy
import androidx.work.WorkManager
import androidx.work.WorkerParameters
import app.baton.core.CoreException
import kotlin.time.Duration.Companion.minutes

private const val NAME = "baton-sync"

/** The system gives ordinary work ten minutes, and expedited work less. */
private val TO_SYNC = 2.minutes

/** Sends and syncs once there is a network. The system starts the process for it. */
class BatonWorker(context: Context, parameters: WorkerParameters) :
    CoroutineWorker(context, parameters) {

    override suspend fun doWork(): Result {
        val process = (applicationContext as? BatonHost)?.baton ?: return Result.failure()
        val baton = process.core() ?: return Result.retry()
        return try {
            // The constraint says that there is one; the observer may not have heard of it so far.
            baton.network(true)
            if (baton.sync(TO_SYNC)) Result.success() else Result.retry()
        } catch (error: CoreException) {
            resultOf(error)
        }
    }

    companion object {
        /** One such work waits at most: the one that waits does all. */
        fun enqueue(context: Context) {
            val network = Constraints.Builder().setRequiredNetworkType(NetworkType.CONNECTED)
            val work = OneTimeWorkRequestBuilder<BatonWorker>()
                .setConstraints(network.build())
                .setExpedited(OutOfQuotaPolicy.RUN_AS_NON_EXPEDITED_WORK_REQUEST)
                .build()
            WorkManager.getInstance(context)
                .enqueueUniqueWork(NAME, ExistingWorkPolicy.KEEP, work)
        }

        /** Without a session there is nothing to do; anything else may work later. */
        internal fun resultOf(error: CoreException): Result = when (error) {
            is CoreException.Unauthorized, is CoreException.Closed -> Result.failure()
            else -> Result.retry()
        }
    }
}
