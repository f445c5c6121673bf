using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>
/// The difficulty one session wants: what the port starts with, what the miner asked for, what was measured. Always within the port's
/// limits. What is handed out may be easier, where the block target is.
/// </summary>
internal sealed class SessionDifficulty
{
    private readonly DifficultyTable _table;
    private readonly SessionPort _port;
    private Difficulty _minerFloor;
    private Difficulty _deviceFloor;
    private Difficulty _suggested;
    private bool _isFixed;
    private bool _isChosen;
    private Vardiff _vardiff;

    /// <summary>Starts with the port's difficulty.</summary>
    public SessionDifficulty(DifficultyTable table, SessionPort port)
    {
        _table = table;
        _port = port;
        _minerFloor = _deviceFloor = port.Min;
        _isFixed = !port.HasVardiff;
        Wanted = table.Get(port.Start);
    }

    /// <summary>What the next work should have.</summary>
    public ShareDifficulty Wanted { get; private set; }

    /// <summary>Never below this from now on, as the miner asks; null: the port's minimum. The port's maximum wins over it.</summary>
    public void SetMinerFloor(Difficulty? floor, long nowMs)
    {
        _minerFloor = floor ?? _port.Min;
        Want(Wanted.Difficulty, nowMs);
    }

    /// <summary>Never below this, because the device cannot.</summary>
    public void SetDeviceFloor(Difficulty? floor, long nowMs)
    {
        _deviceFloor = floor ?? _port.Min;
        Want(Wanted.Difficulty, nowMs);
    }

    /// <summary>
    /// The client suggests a difficulty. The same suggestion again changes nothing, as some repeat theirs for ever; nor does any after the
    /// owner chose one by password.
    /// </summary>
    public void Suggest(Difficulty value, long nowMs)
    {
        if (_isChosen || value == _suggested) return;

        _suggested = value;
        Want(value, nowMs);
    }

    /// <summary>The owner chooses a difficulty by password.</summary>
    public void Choose(Difficulty value, bool isFixed, long nowMs)
    {
        _isChosen = true;
        _isFixed |= isFixed;
        Want(value, nowMs);
    }

    /// <summary>Work is handed out for the first time: measuring begins.</summary>
    public void Begin(long nowMs) => _vardiff.Restart(nowMs);

    /// <summary>Counts a credited share; may change <see cref="Wanted"/>.</summary>
    public void OnShare(ShareDifficulty credited, long nowMs)
    {
        if (_isFixed) return;

        _vardiff.OnShare(credited.Work, nowMs);
        Follow(nowMs);
    }

    /// <summary>Once a second or so; may change <see cref="Wanted"/>.</summary>
    public void OnTick(long nowMs)
    {
        if (!_isFixed) Follow(nowMs);
    }

    private void Follow(long nowMs)
    {
        var factor = _vardiff.Factor(_port.Vardiff, Wanted.Work, nowMs);
        if (factor == 1) return;

        Want(Nearest(Wanted.Difficulty.ToDouble() * factor), nowMs);

        // Also where a limit or rounding left it as it is: otherwise every share would come here again.
        _vardiff.Restart(nowMs);
    }

    private void Want(Difficulty value, long nowMs)
    {
        var floor = _minerFloor < _deviceFloor ? _deviceFloor : _minerFloor;
        var within = _port.Clamp(value < floor ? floor : value);
        if (within == Wanted.Difficulty) return;

        Wanted = _table.Get(within);
        _vardiff.Restart(nowMs);
    }

    // Of vardiff's values about the nearest: below 1 they lie a factor of two apart, below 10 they are the whole numbers, above it at most
    // 10 % apart.
    private static Difficulty Nearest(double value) => Difficulty.RoundDown(value switch
    {
        < 1 => value * 1.4142,
        < 10 => value + 0.5,
        _ => value * 1.04,
    });
}
