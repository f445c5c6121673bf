using System.Net.Sockets;
using Npgsql;
using Viddhana.Contracts;
using Viddhana.Contracts.Redis;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// Background work of the active backoffice. A failure of the world (database, Redis, node, disk) is logged once per change, waited out and
/// the work begun anew from what is stored. A failure of ours ends the process: money is not guessed.
/// </summary>
public abstract class ActiveLoop(ActiveLease lease, ILogger log) : BackgroundService
{
    private const int PauseMinMs = 500;
    private const int PauseMaxMs = 30_000;

    /// <summary>What the world's last failure said; null while all is well.</summary>
    public string? Failure { get; private set; }

    /// <summary>Works until cancelled. Throws what it cannot go on from; begun anew it must find its place in the database.</summary>
    protected abstract Task WorkAsync(CancellationToken cancel);

    /// <summary>To be called when a round of work has succeeded.</summary>
    protected void Succeeded()
    {
        if (Failure is null) return;
        Failure = null;
        StorageLog.LoopRecovered(log, GetType().Name);
    }

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pauseMs = PauseMinMs;
        while (!stoppingToken.IsCancellationRequested)
        {
            var lost = await lease.WaitAsync(stoppingToken);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(lost, stoppingToken);
            try
            {
                await WorkAsync(either.Token);
            }
            catch (Exception error) when (either.IsCancellationRequested && (error is OperationCanceledException || IsTheWorlds(error)))
            {
                // We stop, or the lease is lost; what breaks on the way out is no failure.
                pauseMs = PauseMinMs;
                continue;
            }
            catch (Exception error) when (IsTheWorlds(error))
            {
                if (Failure is null) pauseMs = PauseMinMs;
                if (Failure != error.Message) StorageLog.LoopFailed(log, GetType().Name, error.Message);
                Failure = error.Message;
            }

            await Task.Delay(pauseMs, stoppingToken);
            pauseMs = Math.Min(pauseMs * 2, PauseMaxMs);
        }
    }

    /// <summary>True for what may pass: lost connections, time-outs, full disks, deadlocks; false for broken rules and wrong SQL.</summary>
    public static bool IsTheWorlds(Exception error) => error switch
    {
        PostgresException { IsTransient: true } => true,
        PostgresException postgres =>
            postgres.SqlState is ['0', '8', ..] or ['4', '0', ..] or ['5', '3', ..] or ['5', '7', ..] or ['5', '8', ..],
        NpgsqlException or RedisException or JournalException => true,
        _ => error is HttpRequestException or IOException or SocketException or TimeoutException,
    };
}
