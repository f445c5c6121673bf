using System.Collections.Concurrent;
using Viddhana.Contracts;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Node;

/// <summary>
/// Takes block candidates to every node of the pool, in parallel and whatever their health, until each has given a final verdict or the
/// height is <see cref="DepthMost"/> deep. A candidate lies in its own file until then, so a restart goes on where the last process
/// stopped.
/// </summary>
public sealed class BlockSubmitter : IAsyncDisposable
{
    /// <summary>Blocks on top of the candidate's height after which no node is asked any more.</summary>
    public const int DepthMost = 100;

    /// <summary>
    /// Candidates that one node is asked about again at a time. The others wait their turn: on a test chain thousands can be found while
    /// the only node is away.
    /// </summary>
    public const int RetriesAtOnce = 8;

    private const string LogArea = "block";
    private const int FinishedMost = 1_024;

    private readonly NodeGroup _group;
    private readonly CandidateStore _store;
    private readonly Action<BlockVerdict> _onVerdict;
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly Queue<string> _finished = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<NodeLink, SemaphoreSlim> _retrying;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Lock _telling = new();
    private readonly string _pool;
    private readonly Counter _retries;

    /// <summary>Takes up the candidates that an earlier process left in the directory, and begins to submit them.</summary>
    /// <param name="candidateDirectory">Where candidates lie; made where it is missing. Several pools may share it.</param>
    /// <param name="group">The pool's nodes. Must be disposed after this.</param>
    /// <param name="onVerdict">
    /// Called once a candidate's fate is known: at the first acceptance, else when every node has spoken or half a minute after the first
    /// bad word. Called again only with a better verdict, and after a restart that came in between. One call at a time, on a pool thread.
    /// </param>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    public BlockSubmitter(string candidateDirectory, NodeGroup group, Action<BlockVerdict> onVerdict)
    {
        _group = group;
        _onVerdict = onVerdict;
        _pool = group.Config.Id;
        _store = new CandidateStore(candidateDirectory, _pool);
        _retrying = group.Links.ToDictionary(link => link, _ => new SemaphoreSlim(RetriesAtOnce));
        _retries = group.Metrics.Counter(
            "viddhana_block_submit_retries_total", "Block submissions that have to be tried again.", ("pool", _pool));
        group.Metrics.Gauge(
            "viddhana_block_candidates_pending", "Block candidates without every node's verdict.", () => Pending, ("pool", _pool));
        TakeUp();
    }

    /// <summary>Candidates that some node has not given its last word on.</summary>
    public int Pending => _running.Count;

    /// <summary>
    /// Writes the candidate's file (not waiting for the disk) and hands it to every node. Safe from any thread; does nothing for a block
    /// that was submitted before. If the file cannot be written, the block is submitted all the same.
    /// </summary>
    public void Submit(BlockCandidate candidate)
    {
        var found = candidate.Found;
        lock (_lock)
        {
            if (!_known.Add(found.Hash)) return;
        }

        string? path = null;
        try
        {
            path = _store.Save(candidate);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Error($"the file of block {found.Hash} cannot be written, a crash now would lose it: {e.Message}");
        }

        Info($"block candidate {found.Hash} at height {found.Height} by {found.Worker}");
        Begin(candidate, path);
    }

    /// <summary>Stops submitting. What is unfinished stays on disk for the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running.Values);
        _stop.Dispose();
    }

    private void TakeUp()
    {
        var left = _store.Load(out var damaged);
        foreach (var name in damaged)
        {
            Error($"{name} is not a whole block candidate and is set aside");
            CandidateStore.SetAside(name);
        }

        foreach (var (path, candidate) in left)
        {
            Warning($"goes on with block candidate {candidate.Found.Hash} at height {candidate.Found.Height}");
            _known.Add(candidate.Found.Hash);
            Begin(candidate, path);
        }
    }

    private void Begin(BlockCandidate candidate, string? path)
    {
        var started = new TaskCompletionSource();
        _running[candidate.Found.Hash] = started.Task;
        var submission = new SubmitCase(candidate, path, _group.Links.Count);
        _ = Task.Run(() => RunAsync(submission, started));
    }

    private async Task RunAsync(SubmitCase submission, TaskCompletionSource ended)
    {
        try
        {
            var nodes = _group.Links.Select(link => Task.Run(() => SubmitAsync(submission, link))).ToArray();
            Sync(submission);
            await Task.WhenAll(nodes);
            Finish(submission);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The engine stops; the file stays.
        }
        catch (Exception e)
        {
            Error($"submitting block {submission.Found.Hash} failed by a fault of our own: {e}");
        }
        finally
        {
            _running.TryRemove(submission.Found.Hash, out _);
            ended.SetResult();
        }
    }

    /// <summary>Submits to one node until it has spoken its last word: at once, and if need be again when it is its turn.</summary>
    private async Task SubmitAsync(SubmitCase submission, NodeLink link)
    {
        var verdict = await TryAsync(submission, link);
        submission.Tried();
        if (verdict.Outcome == SubmitOutcome.Retry) verdict = await TryAgainAsync(submission, link, verdict);
        Spoke(submission, link, verdict);
    }

    private async Task<SubmitVerdict> TryAgainAsync(SubmitCase submission, NodeLink link, SubmitVerdict verdict)
    {
        var backoff = new Backoff(_group.Pacing);
        string? lastTrouble = null;
        var turn = _retrying[link];
        await turn.WaitAsync(_stop.Token);
        try
        {
            while (verdict.Outcome == SubmitOutcome.Retry)
            {
                _retries.Add();
                if (verdict.Reason != lastTrouble)
                    Warning($"block {submission.Found.Hash} is submitted again to {link.Name}: {verdict.Reason}");
                lastTrouble = verdict.Reason;
                await backoff.WaitAsync(_stop.Token);
                verdict = await TryAsync(submission, link);
            }

            return verdict;
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<SubmitVerdict> TryAsync(SubmitCase submission, NodeLink link)
    {
        if (link.Condition == NodeCondition.WrongNetwork) return new SubmitVerdict(SubmitOutcome.Unable, "the node is on another network");
        if (submission.Hex() is not { } hex) return new SubmitVerdict(SubmitOutcome.Unable, "the candidate's file was taken away");

        using var reply = await link.Client.SubmitBlockAsync(hex, _group.Pacing.SubmitTimeoutMs, _stop.Token);
        var verdict = SubmitVerdict.Of(reply);
        var isDeep = _group.BestHeight - submission.Found.Height >= DepthMost;
        if (verdict.Outcome != SubmitOutcome.Retry || !isDeep) return verdict;

        return new SubmitVerdict(SubmitOutcome.Unable, $"no verdict before the height was {DepthMost} deep; last: {verdict.Reason}");
    }

    private void Spoke(SubmitCase submission, NodeLink link, SubmitVerdict verdict)
    {
        var line = $"block {submission.Found.Hash}: {link.Name} says {verdict.Reason}";
        if (verdict.Outcome == SubmitOutcome.Accepted) Info(line);
        else Warning(line);

        var isLast = submission.Spoke(verdict, link.Name);
        if (isLast || verdict.Outcome == SubmitOutcome.Accepted) Tell(submission);
        else _ = TellLaterAsync(submission);

        // No need to wait until the node's notification comes round.
        if (verdict is { Outcome: SubmitOutcome.Accepted, Reason: "accepted" }) _group.Moved(link, submission.Found.Hash);
    }

    private async Task TellLaterAsync(SubmitCase submission)
    {
        await Task.Delay(_group.Pacing.VerdictPatienceMs, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_stop.IsCancellationRequested) Tell(submission);
    }

    private void Tell(SubmitCase submission)
    {
        lock (_telling)
        {
            if (submission.Untold() is not { } verdict) return;

            try
            {
                _onVerdict(verdict);
            }
            catch (IOException e)
            {
                Error($"the verdict on block {verdict.Hash} could not be recorded: {e.Message}");
            }
        }
    }

    private void Sync(SubmitCase submission)
    {
        try
        {
            if (submission.Path is { } path) CandidateStore.Sync(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Warning($"the file of block {submission.Found.Hash} could not be synced: {e.Message}");
        }
    }

    private void Finish(SubmitCase submission)
    {
        try
        {
            if (submission.Path is { } path && File.Exists(path)) _store.Finish(path, submission.Best());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Warning($"the file of block {submission.Found.Hash} cannot be moved to done: {e.Message}");
        }

        lock (_lock)
        {
            _finished.Enqueue(submission.Found.Hash);
            if (_finished.Count > FinishedMost) _known.Remove(_finished.Dequeue());
        }
    }

    private void Info(string message) => _group.Log.Info(LogArea, $"pool {_pool}: {message}");

    private void Warning(string message) => _group.Log.Warning(LogArea, $"pool {_pool}: {message}");

    private void Error(string message) => _group.Log.Error(LogArea, $"pool {_pool}: {message}");
}
