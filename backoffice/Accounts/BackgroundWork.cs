using System.Threading.Channels;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// What depends on whether a login exists and is not needed for the answer: done after it, one after another, so that how long an answer
/// takes tells nobody who has an account. At most a thousand wait; what comes above that is dropped, and whoever misses it asks again.
/// </summary>
internal sealed class BackgroundWork(ILogger<BackgroundWork> log) : BackgroundService
{
    private readonly Channel<Func<CancellationToken, Task>> _work = Channel.CreateBounded<Func<CancellationToken, Task>>(
        new BoundedChannelOptions(1_000) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>To be done soon.</summary>
    public void Add(Func<CancellationToken, Task> work) => _work.Writer.TryWrite(work);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var work in _work.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await work(stoppingToken);
            }
            catch (Exception error) when (ActiveLoop.IsTheWorlds(error))
            {
                // The database's own alarm tells the operator that it is away.
                AccountsLog.WorkFailed(log, error.Message);
            }
        }
    }
}
