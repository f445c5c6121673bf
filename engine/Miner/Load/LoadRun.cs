using System.Text.Json;
using Viddhana.Core.Algorithms;
using Viddhana.Miner.Hashing;
using Viddhana.Miner.Report;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner.Load;

/// <summary>
/// Many connections that submit true shares at a given rate, or as fast as the pool answers. Everything but the pacing runs on the thread
/// that the sockets complete on, so that answering, hashing and sending need no hand-over between threads.
/// </summary>
internal sealed class LoadRun
{
    private const int BatchesPerTurn = 128;
    private const int SharesPerTurn = 256;
    private const long ArrearsMs = 100;
    private const int DrainMs = 5_000;

    private readonly Run _run;
    private readonly EventLog _report;
    private readonly LoadOptions _options;
    private readonly HeaderScanner _scanner;
    private readonly List<FoundShare> _found = [];
    private readonly Latencies _latencies = new();
    private readonly List<Rig> _rigs = [];
    private readonly Dictionary<Rig, Queue<FoundShare>> _stock = [];
    private int _turn;
    private double _dueMs;
    private long _firstAnswerMs;
    private long _lastAnswerMs;

    /// <summary>A load run; <see cref="RunAsync"/> does it.</summary>
    /// <param name="run">What the rigs share.</param>
    /// <param name="report">Takes the one line at the end.</param>
    /// <param name="algorithm">What to hash with.</param>
    /// <param name="options">The options.</param>
    public LoadRun(Run run, EventLog report, IPowAlgorithm algorithm, LoadOptions options)
    {
        _run = run;
        _report = report;
        _options = options;
        _scanner = new HeaderScanner(algorithm);
    }

    private bool IsPaced => _options.SharesPerSecond > 0;

    /// <summary>Runs and prints one JSON line at the end. Exit code 0, or 1 when no share was accepted.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        using var connected = new CancellationTokenSource();
        var connections = new List<Task>();
        for (var i = 1; i <= _options.Connections && !stop.IsCancellationRequested; i++)
        {
            connections.Add(Start(i, connected.Token));

            // Not all at once: what is measured is shares, not a rush of connections.
            await Task.Delay(1, CancellationToken.None);
        }

        await Pace(stop);
        await Drain();
        await connected.CancelAsync();
        await Task.WhenAll(connections);
        lock (_run.Gate)
        {
            var used = Environment.CpuUsage.TotalTime - cpu;
            _report.Record("load", null, null, Run.UtcMs, json => Write(json, used));
            return _run.Totals.Accepted > 0 ? 0 : 1;
        }
    }

    private Task Start(int number, CancellationToken stop)
    {
        Rig rig;
        lock (_run.Gate)
        {
            rig = _run.NewRig(UserNames.For(_options.User, number, _options.Connections), Answered, LinesDone, WorkChanged);
            _rigs.Add(rig);
            _stock.Add(rig, new Queue<FoundShare>());
        }

        return rig.Connection.RunAsync(rig, stop);
    }

    private void Answered(Rig rig, TimeSpan latency)
    {
        _latencies.Add(latency);
        _lastAnswerMs = _run.NowMs;
        if (_firstAnswerMs == 0) _firstAnswerMs = _lastAnswerMs;
    }

    private void WorkChanged(Rig rig) => _stock[rig].Clear();

    /// <summary>Unpaced: what was answered is replaced at once. The connection flushes afterwards.</summary>
    private void LinesDone(Rig rig)
    {
        if (!IsPaced) Fill(rig);
    }

    private void Fill(Rig rig)
    {
        while (!_run.IsEnding && TrySubmit(rig))
        {
        }
    }

    /// <summary>Submits one share if the rig may and a share was found within the hashes of one turn.</summary>
    private bool TrySubmit(Rig rig)
    {
        if (!rig.IsReady || rig.Outstanding >= _options.Depth) return false;

        var stock = _stock[rig];
        for (var batch = 0; stock.Count == 0; batch++)
        {
            if (batch == BatchesPerTurn || rig.Work.Take(_scanner.BatchSize, _run.NowMs) is not { } slice) return false;

            _found.Clear();
            _scanner.Scan(slice, _found);
            _run.Totals.AddHashes(slice.Count);
            foreach (var share in _found) stock.Enqueue(share);
        }

        rig.Submit(stock.Dequeue());
        return true;
    }

    private async Task Pace(CancellationToken stop)
    {
        var endMs = _run.NowMs + (_options.Seconds * 1_000);
        var checkMs = 0L;
        _dueMs = _run.NowMs;
        while (_run.NowMs < endMs && !stop.IsCancellationRequested)
        {
            lock (_run.Gate)
            {
                var now = _run.NowMs;
                if (IsPaced) SubmitDue(now);
                else foreach (var rig in _rigs) Refill(rig);

                if (now - checkMs >= 1_000)
                {
                    checkMs = now;
                    foreach (var rig in _rigs) rig.CheckSilence(now);
                }
            }

            await Task.Delay(1, CancellationToken.None);
        }

        lock (_run.Gate) _run.IsEnding = true;
    }

    /// <summary>A rig whose last turn ended without a share goes on here; one that is full waits for its answers.</summary>
    private void Refill(Rig rig)
    {
        if (rig.Outstanding >= _options.Depth) return;

        Fill(rig);
        rig.Connection.Flush();
    }

    /// <summary>Submits what is due, connection by connection. A pool that was away is not paid back more than a moment's shares.</summary>
    private void SubmitDue(long nowMs)
    {
        _dueMs = Math.Max(_dueMs, nowMs - ArrearsMs);
        var skipped = 0;
        for (var sent = 0; sent < SharesPerTurn && _dueMs <= nowMs && skipped < _rigs.Count;)
        {
            var rig = _rigs[_turn++ % _rigs.Count];
            if (!TrySubmit(rig))
            {
                skipped++;
                continue;
            }

            rig.Connection.Flush();
            _dueMs += 1_000 / _options.SharesPerSecond;
            sent++;
            skipped = 0;
        }
    }

    private async Task Drain()
    {
        for (var waited = 0; waited < DrainMs; waited += 10)
        {
            lock (_run.Gate)
            {
                if (_rigs.TrueForAll(rig => rig.Outstanding == 0)) return;
            }

            await Task.Delay(10);
        }
    }

    private void Write(Utf8JsonWriter json, TimeSpan cpu)
    {
        var totals = _run.Totals;
        var seconds = Math.Max(0.001, (_lastAnswerMs - _firstAnswerMs) / 1_000.0);
        json.WriteNumber("connections"u8, _options.Connections);
        json.WriteNumber("seconds"u8, Math.Round(seconds, 3));
        json.WriteNumber("sharesPerSecond"u8, Math.Round(_latencies.Count / seconds, 1));
        TotalsJson.Write(json, totals);
        json.WriteNumber("hashes"u8, totals.Hashes);
        json.WriteNumber("hashesPerShare"u8, Math.Round(totals.Hashes / (double)Math.Max(1, totals.Submitted), 1));
        json.WriteNumber("cpuSeconds"u8, Math.Round(cpu.TotalSeconds, 3));
        json.WritePropertyName("latency"u8);
        _latencies.Write(json);
    }
}
