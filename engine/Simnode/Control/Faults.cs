using Viddhana.Simnode.Rpc;

namespace Viddhana.Simnode.Control;

/// <summary>The connection is to be closed without an answer.</summary>
public sealed class DroppedException : Exception;

/// <summary>What goes wrong with a call.</summary>
public enum FaultKind
{
    /// <summary>An RPC error.</summary>
    Error,

    /// <summary>No answer until the caller goes away.</summary>
    Hang,

    /// <summary>The connection is closed without an answer.</summary>
    Drop,
}

/// <summary>
/// A fault for calls of one method, or of all if <paramref name="Method"/> is null, as often as <paramref name="Times"/> says.
/// </summary>
public sealed record Fault(string? Method, FaultKind Kind, int Code, string Message, int Times);

/// <summary>Delays and faults that an operator or a test ordered. Safe for several threads.</summary>
public sealed class Faults
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _latencyMs = new(StringComparer.Ordinal);
    private readonly List<Fault> _faults = [];

    /// <summary>Delays calls of a method, or of all (null), by so many milliseconds; 0 takes the delay away.</summary>
    public void SetLatency(string? method, int milliseconds)
    {
        lock (_gate) _latencyMs[method ?? ""] = milliseconds;
    }

    /// <summary>Adds a fault; <see cref="Fault.Times"/> 0 takes all faults of the method away.</summary>
    public void Add(Fault fault)
    {
        lock (_gate)
        {
            if (fault.Times == 0) _faults.RemoveAll(each => each.Method == fault.Method);
            else _faults.Add(fault);
        }
    }

    /// <summary>Waits and fails as ordered.</summary>
    public async Task ApplyAsync(string method, CancellationToken closed)
    {
        int delay;
        Fault? fault;
        lock (_gate)
        {
            delay = _latencyMs.TryGetValue(method, out var own) ? own : _latencyMs.GetValueOrDefault("");
            fault = Take(method);
        }

        if (delay > 0) await Task.Delay(delay, closed);
        switch (fault?.Kind)
        {
            case FaultKind.Error:
                throw new RpcException(fault.Code, fault.Message);
            case FaultKind.Drop:
                throw new DroppedException();
            case FaultKind.Hang:
                await Task.Delay(Timeout.Infinite, closed);
                break;
        }
    }

    private Fault? Take(string method)
    {
        var place = _faults.FindIndex(each => each.Method is null || each.Method == method);
        if (place < 0) return null;

        var fault = _faults[place];
        if (fault.Times == 1) _faults.RemoveAt(place);
        else if (fault.Times > 1) _faults[place] = fault with { Times = fault.Times - 1 };
        return fault;
    }
}
