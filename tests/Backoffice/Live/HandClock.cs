namespace Viddhana.Tests.Backoffice.Live;

/// <summary>A clock that tests move; timers are not its business.</summary>
internal sealed class HandClock : TimeProvider
{
    private long _ms = 1_790_000_000_000;

    public override long TimestampFrequency => 1_000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(_ms);

    public override long GetTimestamp() => _ms;

    public void Advance(long ms) => _ms += ms;
}
