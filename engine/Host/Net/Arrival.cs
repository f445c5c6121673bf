using System.Buffers;
using System.Net;
using Viddhana.Core;

namespace Viddhana.Engine.Net;

/// <summary>
/// A connection on its loop whose first bytes decide what it is: first a PROXY header where the peer is a balancer, then TLS or plain where
/// the port speaks both. Bytes stay in the socket until it is known whose they are, so what follows finds the wire untouched. Silent ones
/// own no buffer and no session.
/// </summary>
internal sealed class Arrival
{
    /// <summary>Milliseconds a balancer has for its header: it sends it at once.</summary>
    public const int HeaderMs = 5_000;

    /// <summary>First byte of a TLS ClientHello; no Stratum line begins so.</summary>
    private const byte TlsHandshake = 0x16;

    private readonly Loop _loop;
    private readonly Gate _gate;
    private readonly IPAddress _peer;
    private readonly ISocketLink _link;
    private readonly long _sinceMs;
    private IPAddress? _address;
    private byte[]? _head;
    private int _headCount;
    private bool _awaitsHeader;
    private bool _isBalancers;

    public Arrival(Loop loop, IncomingConnection incoming, Now now)
    {
        _loop = loop;
        _gate = incoming.Gate!;
        _peer = incoming.Peer;
        _address = incoming.Address;
        _awaitsHeader = incoming.Address is null;
        _sinceMs = now.MonotonicMs;
        _link = incoming.AttachSocket(loop, this);
    }

    /// <summary>Its place in the loop's list.</summary>
    public int Index { get; set; }

    /// <summary>Bytes are there, or the peer has gone.</summary>
    public void OnReady(Now now)
    {
        try
        {
            if (_awaitsHeader && !ReadHeader(now)) return;
            if (_gate.IsTls) BeginTls();
            else if (!_gate.Port.IsTlsOptional) BecomeMiner(now);
            else Choose(now);
        }
        catch (Exception e)
        {
            _loop.Log.Error("net", $"{_address ?? _peer} closed, a fault before its session began: {e}");
            Close(CloseCause.Fault);
        }
    }

    /// <summary>About once a second.</summary>
    public void OnTick(Now now)
    {
        var waitedMs = now.MonotonicMs - _sinceMs;
        if (_awaitsHeader && waitedMs > HeaderMs)
        {
            _gate.HeaderIsBad(_peer, isLate: true, now.MonotonicMs);
            Close(CloseCause.ProxyHeader);
        }
        else if (waitedMs > _loop.Limits.LoginSeconds * 1_000L)
        {
            Close(CloseCause.Login);
        }
    }

    public void Close(CloseCause cause)
    {
        ReturnHead();
        _loop.Forget(this);
        _loop.Left(_address, cause);
        _link.Close();
    }

    // The bytes are looked at together with those of earlier parts, and taken from the socket as far as they are the header's.
    private bool ReadHeader(Now now)
    {
        var bytes = _loop.Scratch.AsSpan(0, ProxyHeader.Max + 1);
        _head.AsSpan(0, _headCount).CopyTo(bytes);
        var count = _link.Peek(bytes[_headCount..]);
        if (count <= 0)
        {
            if (count < 0) Close(CloseCause.Peer);
            return false;
        }

        var seen = bytes[..(_headCount + count)];
        switch (ProxyHeader.Read(seen, out var length, out var source))
        {
            case ProxyHeaderState.Incomplete:
                _link.Receive(seen[_headCount..]);
                Keep(seen);
                return false;
            case ProxyHeaderState.Complete:
                _link.Receive(seen[_headCount..length]);
                _gate.HeaderIsGood(now.MonotonicMs);
                _isBalancers = source is null;
                return TakeName(source ?? _peer);
            default:
                _gate.HeaderIsBad(_peer, isLate: false, now.MonotonicMs);
                Close(CloseCause.ProxyHeader);
                return false;
        }
    }

    private bool TakeName(IPAddress address)
    {
        ReturnHead();
        _awaitsHeader = false;
        if (!_isBalancers && _loop.FindBan(address) is not null)
        {
            Close(CloseCause.Banned);
            return false;
        }

        if (_loop.TryName(address))
        {
            _address = address;
            return true;
        }

        Close(CloseCause.AddressFull);
        return false;
    }

    private void Choose(Now now)
    {
        var first = _loop.Scratch.AsSpan(0, 1);
        var count = _link.Peek(first);
        if (count < 0) Close(CloseCause.Peer);
        else if (count > 0 && first[0] == TlsHandshake) BeginTls();
        else if (count > 0) BecomeMiner(now);
    }

    private void BeginTls()
    {
        var socket = _link.Detach();
        _loop.Forget(this);
        _loop.GoesElsewhere();
        _gate.BeginTls(socket, _address!, _isBalancers);
    }

    private void BecomeMiner(Now now)
    {
        _loop.Forget(this);
        _loop.Enter(new IncomingConnection(_gate.Port, _address!, _link) { IsBalancers = _isBalancers }, now);
    }

    private void Keep(ReadOnlySpan<byte> seen)
    {
        _head ??= ArrayPool<byte>.Shared.Rent(ProxyHeader.Max);
        seen.CopyTo(_head);
        _headCount = seen.Length;
    }

    private void ReturnHead()
    {
        if (_head is not null) ArrayPool<byte>.Shared.Return(_head);
        _head = null;
        _headCount = 0;
    }
}
