using System.Diagnostics;
using Viddhana.Miner.Hashing;
using Viddhana.Miner.Net;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner;

/// <summary>
/// One worker at the pool, over all its connections: conversation, work, and what became of its shares. Under the gate of the run.
/// </summary>
internal sealed class Rig : ILineHandler, IStratumEvents
{
    private const long AnswerMaxMs = 60_000;
    private const long SilenceMaxMs = 600_000;

    private readonly Run _run;
    private readonly StratumOptions _options;
    private StratumClient? _client;
    private long _heardMs;
    private bool _mayMine;

    /// <summary>A rig; <see cref="PoolConnection.RunAsync"/> of its connection brings it to life.</summary>
    public Rig(Run run, StratumOptions options, PoolConnection connection, Random random)
    {
        _run = run;
        _options = options;
        Connection = connection;
        Work = new WorkSource(random);
    }

    /// <summary>The worker's name.</summary>
    public string Name => _options.User;

    /// <summary>Its line to the pool.</summary>
    public PoolConnection Connection { get; }

    /// <summary>What it hashes.</summary>
    public WorkSource Work { get; }

    /// <summary>True while shares can be submitted.</summary>
    public bool IsReady => _mayMine && Work.HasWork;

    /// <summary>Shares on their way.</summary>
    public int Outstanding => _client?.Outstanding ?? 0;

    /// <summary>Why the pool does not want this worker; null if it does.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Called when an answer was read, with its latency.</summary>
    public Action<Rig, TimeSpan>? Answered { get; init; }

    /// <summary>Called at the end of every receive.</summary>
    public Action<Rig>? LinesDone { get; init; }

    /// <summary>Called when there is new work or none any more.</summary>
    public Action<Rig>? WorkChanged { get; init; }

    /// <summary>Sends a share, unless its job is worth nothing any more. The caller flushes.</summary>
    public void Submit(in FoundShare share)
    {
        if (!IsReady || _client is null || !ReferenceEquals(share.Unit.Job.Extranonce1, _client.Job?.Extranonce1)) return;
        if (share.Unit.Job.Era != _client.Job.Era) return;
        if ((share.Unit.VersionBits & ~_client.MaskFor(share.Unit.Job)) != 0) return;

        _client.Submit(share, _run.NowMs, Run.UtcMs, Stopwatch.GetTimestamp(), Connection.Output);
        _run.Totals.AddSubmitted();
    }

    /// <summary>Ends a connection over which nothing comes any more.</summary>
    public void CheckSilence(long nowMs)
    {
        if (_client is null) return;

        var limit = Outstanding > 0 || !_mayMine ? AnswerMaxMs : SilenceMaxMs;
        if (nowMs - _heardMs > limit) Connection.Close("the pool does not answer");
    }

    /// <inheritdoc/>
    public void OnConnected()
    {
        _client = new StratumClient(_options, this);
        _heardMs = _run.NowMs;
        _run.Totals.Connects++;
        _run.Totals.Connected++;
        _run.Log.Record("connected", Name, Connection.Url.ToString(), Run.UtcMs);
        _client.Start(Connection.Output);
    }

    /// <inheritdoc/>
    public void OnLine(ReadOnlyMemory<byte> line)
    {
        _heardMs = _run.NowMs;
        _client!.OnLine(line, _heardMs, Connection.Output);
    }

    /// <inheritdoc/>
    public void OnLinesDone()
    {
        _run.Transcript?.Flush();
        LinesDone?.Invoke(this);
    }

    /// <inheritdoc/>
    public void OnDisconnected(string reason)
    {
        if (_client is not null)
        {
            foreach (var share in _client.Unanswered) _run.Totals.AddUnanswered(share);
            _run.Totals.Connected--;
            if (!_run.IsEnding) _run.Totals.Disconnects++;
            if (_mayMine) _run.Totals.Authorized--;
        }

        _client = null;
        _mayMine = false;
        Work.Use(null, 0);
        WorkChanged?.Invoke(this);
        if (!_run.IsEnding) _run.TellLimited("disconnected", Name, reason);
    }

    /// <inheritdoc/>
    public void OnAuthorized()
    {
        _mayMine = true;
        Refusal = null;
        _run.Totals.Authorized++;
        Connection.Praise();
        _run.Log.Record("authorized", Name, null, Run.UtcMs);
        if (Work.HasWork) WorkChanged?.Invoke(this);
    }

    /// <inheritdoc/>
    public void OnRefused(string reason)
    {
        Refusal = reason;
        _run.TellLimited("refused", Name, reason);
        Connection.Close(reason);
    }

    /// <inheritdoc/>
    public void OnJob(StratumJob job)
    {
        Work.Use(job, _client!.MaskFor(job));
        _run.Log.Record("job", Name, null, Run.UtcMs, json =>
        {
            json.WriteString("job"u8, job.Id);
            json.WritePropertyName("difficulty"u8);
            json.WriteRawValue(job.Difficulty.Text);
            json.WriteBoolean("clean"u8, job.IsClean);
        });
        WorkChanged?.Invoke(this);
    }

    /// <inheritdoc/>
    public void OnVersionMask()
    {
        if (_client!.Job is not { } job) return;

        Work.Use(job, _client.MaskFor(job));
        WorkChanged?.Invoke(this);
    }

    /// <inheritdoc/>
    public void OnAnswer(in SubmittedShare share, in ShareAnswer answer)
    {
        var latency = Stopwatch.GetElapsedTime(share.SentTicks);
        _run.Transcript?.Add(Name, share, answer, Run.UtcMs);
        _run.Totals.AddAnswer(share, answer);
        Report(share, answer, latency);
        Answered?.Invoke(this, latency);
    }

    /// <inheritdoc/>
    public void OnMessage(string text) => _run.Log.Tell("message", Name, $"the pool says: {text}", Run.UtcMs);

    /// <inheritdoc/>
    public void OnReconnect(string? host, int? port, int waitSeconds)
    {
        // Another host would let whoever can write into the connection take the hash rate away.
        var isElsewhere = host is not null && !string.Equals(host, Connection.Url.Host, StringComparison.OrdinalIgnoreCase);
        _run.Log.Tell("reconnect", Name, $"the pool asks to connect again{(isElsewhere ? $" (not to {host})" : "")}", Run.UtcMs);
        var next = isElsewhere || port is null ? Connection.Url : Connection.Url with { Port = port.Value };
        Connection.MoveTo(next, waitSeconds * 1_000, "asked to connect again");
    }

    /// <inheritdoc/>
    public void OnBroken(string reason)
    {
        _run.TellLimited("broken", Name, reason);
        Connection.Close(reason);
    }

    private void Report(in SubmittedShare submitted, in ShareAnswer answer, TimeSpan latency)
    {
        var share = submitted.Share;
        if (answer.IsAccepted && share.SolvesBlock) _run.Log.Tell("block", Name, $"block {share.Hash}", Run.UtcMs);
        if (!_run.Log.IsJson)
        {
            if (!answer.IsAccepted) _run.TellLimited("rejected", Name, $"share rejected: {answer.Error ?? "no reason"}");
            return;
        }

        var (isAccepted, error) = (answer.IsAccepted, answer.Error);
        _run.Log.Record("share", Name, null, Run.UtcMs, json =>
        {
            json.WriteBoolean("accepted"u8, isAccepted);
            if (error is not null) json.WriteString("error"u8, error);
            json.WriteString("job"u8, share.Unit.Job.Id);
            json.WriteString("hash"u8, share.Hash.ToString());
            json.WritePropertyName("difficulty"u8);
            json.WriteRawValue(share.Unit.Job.Difficulty.Text);
            json.WriteBoolean("solvesBlock"u8, share.SolvesBlock);
            json.WriteNumber("latencyMs"u8, Math.Round(latency.TotalMilliseconds, 3));
        });
    }
}
