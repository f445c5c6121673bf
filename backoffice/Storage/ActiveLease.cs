using Npgsql;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// Of all backoffices on one database, one is active: it consumes, tracks blocks and pays; the others wait and only answer the API. Held
/// by an advisory lock of a connection of its own; losing the connection loses it, and the token of <see cref="WaitAsync"/> is cancelled.
/// </summary>
public sealed class ActiveLease(NpgsqlDataSource database, ILogger<ActiveLease> log) : BackgroundService
{
    /// <summary>Advisory lock of the active backoffice ("VIDDACTV" as bytes).</summary>
    private const long LockKey = 0x5649_4444_4143_5456;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private TaskCompletionSource<CancellationToken> _held = NewSignal();

    /// <summary>True while this process is the active one.</summary>
    public bool IsHeld
    {
        get
        {
            lock (_lock) return _held.Task.IsCompletedSuccessfully;
        }
    }

    /// <summary>Waits until this process is the active one; the token is cancelled when it no longer is.</summary>
    public Task<CancellationToken> WaitAsync(CancellationToken cancel)
    {
        lock (_lock) return _held.Task.WaitAsync(cancel);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await HoldAsync(stoppingToken);
            }
            catch (NpgsqlException error)
            {
                StorageLog.LeaseFailed(log, error.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task HoldAsync(CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var tryLock = new NpgsqlCommand($"SELECT pg_try_advisory_lock({LockKey})", connection);
        if (await tryLock.ExecuteScalarAsync(stop) is not true) return;

        using var lost = new CancellationTokenSource();
        lock (_lock) _held.TrySetResult(lost.Token);
        StorageLog.Active(log);
        try
        {
            await using var probe = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = 10 };
            while (true)
            {
                await Task.Delay(Pause, stop);
                await probe.ExecuteScalarAsync(stop);
            }
        }
        finally
        {
            lock (_lock) _held = NewSignal();
            await lost.CancelAsync();
            await ReleaseAsync(connection);
        }
    }

    private static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        // A broken connection has lost the lock already; a pooled one must not keep it.
        if (connection.FullState != System.Data.ConnectionState.Open) return;
        await using var unlock = new NpgsqlCommand($"SELECT pg_advisory_unlock({LockKey})", connection);
        await unlock.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static TaskCompletionSource<CancellationToken> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
