using Viddhana.Core;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Miner.Bench;

/// <summary>Turns of a loop as Host drives them, without sockets and journal: bytes in, round, verdicts, answers.</summary>
internal sealed class SessionTurns
{
    public const int Shares = 64;

    private readonly BenchPool _pool = new();
    private readonly FrameBuffer _output = new(1 << 16);
    private readonly Round _round = new(Shares);
    private readonly ShareProcessor _processor;
    private readonly ISession _session;
    private byte[] _bytes = [];
    private int _lineSize;
    private uint _number = ShareRounds.SharesPerTip;

    public SessionTurns(IPowAlgorithm pow)
    {
        _processor = new ShareProcessor(pow, new DuplicateFilter(hashesAtStart: ShareRounds.SharesPerTip));
        _session = _pool.NewSession(_output);
        Renew();
        ReadLines();
    }

    /// <summary>Reads each line, its id and its five parameters.</summary>
    public int ReadLines()
    {
        var length = 0;
        for (var at = 0; at < _bytes.Length; at += _lineSize)
        {
            var reader = new V1Reader(_bytes.AsSpan(at, _lineSize - 1));
            Check.That(reader.TryRead() && reader.ParamCount == 5);
            length += reader.RawId.Length;
            for (var i = 0; i < 5; i++) length += reader.Raw(reader.Param(i)).Length;
        }

        return length;
    }

    /// <summary>Reads the lines into a round: what the session makes of bytes before anything is hashed.</summary>
    public int ReadRound()
    {
        Renew();
        _round.Clear();
        _session.OnBytes(_bytes, _round, _output, BenchPool.Now);
        foreach (ref var verdict in _round.Verdicts) verdict = ShareResult.Accepted;
        return Answer();
    }

    /// <summary>The whole turn: read, hash, judge, answer.</summary>
    public int Turn()
    {
        Renew();
        _round.Clear();
        _session.OnBytes(_bytes, _round, _output, BenchPool.Now);
        _processor.Process(_round, BenchPool.Now);
        return Answer();
    }

    private int Answer()
    {
        for (var i = 0; i < _round.Count; i++) _session.OnVerdict(_round.Pending[i], _round.Verdicts[i], _output, BenchPool.Now);
        var length = _output.Count;
        _output.Clear();
        return length;
    }

    /// <summary>Other shares in the same lines; now and then a new tip.</summary>
    private void Renew()
    {
        if (_number >= ShareRounds.SharesPerTip)
        {
            _number = 0;
            _session.OnJob(_pool.NewTip(), _output, BenchPool.Now);
            _output.Clear();
            var line = BenchPool.SubmitLine(_pool.Job.Variants.Get(_pool.Job, 0), 0);
            _lineSize = line.Length;
            _bytes = [.. Enumerable.Repeat(line, Shares).SelectMany(bytes => bytes)];
        }

        var extranonce = _bytes.AsSpan().IndexOf("\"0000"u8) + 1;
        for (var at = extranonce < 1 ? 0 : extranonce; at < _bytes.Length; at += _lineSize)
            Hex.WriteUInt64(_number++, _bytes.AsSpan(at, 16));
    }
}
