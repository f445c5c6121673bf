using Viddhana.Core;

namespace Viddhana.Engine.Net;

/// <summary>
/// Hands out extranonce1: 10 bits instance id, 22 bits connection number. A number is given again only when every job that its last owner
/// could submit is retired, so that two connections never share work. One per pool; safe on any thread.
/// </summary>
public sealed class ExtranonceNumbers
{
    /// <summary>Bits of the connection number.</summary>
    public const int NumberBits = 22;

    /// <summary>Instance ids are below this.</summary>
    public const int InstancesMax = 1 << (32 - NumberBits);

    private readonly uint _instance;
    private readonly int _count;
    private readonly ulong[] _taken;
    private readonly Queue<(int Number, uint LastSerial)> _resting = new();
    private readonly Lock _lock = new();
    private int _next;
    private int _takenCount;
    private uint _oldestSerial;

    /// <summary>Numbers of one instance.</summary>
    /// <param name="instanceId">0 to 1023.</param>
    /// <param name="count">How many connection numbers there are; less than all only in tests.</param>
    public ExtranonceNumbers(int instanceId, int count = 1 << NumberBits)
    {
        Check.That(instanceId is >= 0 and < InstancesMax && count is > 0 and <= 1 << NumberBits);
        _instance = (uint)instanceId << NumberBits;
        _count = count;
        _taken = new ulong[(count + 63) / 64];
    }

    /// <summary>A number as extranonce1 (big-endian on the wire), or null when none is free at present.</summary>
    public uint? Take()
    {
        lock (_lock)
        {
            WakeRested();
            if (_takenCount == _count) return null;

            while (IsTaken(_next)) _next = (_next + 1) % _count;
            var number = _next;
            _next = (_next + 1) % _count;
            _taken[number >> 6] |= 1UL << number;
            _takenCount++;
            return _instance | (uint)number;
        }
    }

    /// <summary>
    /// The owner is gone. It rests until the jobs up to <paramref name="lastSerial"/>, the newest that the owner can know, are retired.
    /// </summary>
    public void Return(uint extranonce1, uint lastSerial)
    {
        lock (_lock) _resting.Enqueue(((int)(extranonce1 - _instance), lastSerial));
    }

    /// <summary>Jobs with a serial below <paramref name="oldestSerial"/> are retired for ever.</summary>
    public void JobsRetiredBelow(uint oldestSerial)
    {
        lock (_lock)
        {
            _oldestSerial = Math.Max(_oldestSerial, oldestSerial);
            WakeRested();
        }
    }

    private bool IsTaken(int number) => (_taken[number >> 6] & (1UL << number)) != 0;

    // Serials of returned numbers only rise but for races of a job or two between loops; who waits behind such a one waits a job longer.
    private void WakeRested()
    {
        while (_resting.TryPeek(out var rested) && rested.LastSerial < _oldestSerial)
        {
            _resting.Dequeue();
            _taken[rested.Number >> 6] &= ~(1UL << rested.Number);
            _takenCount--;
        }
    }
}
