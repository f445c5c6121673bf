using System.Text;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>
/// The difficulty one session wants. Precedence, strongest first (docs/difficulty.md):
/// the port's range; the floors, of which the highest counts (device, <c>md=</c>, minimum-difficulty); the value itself: password or
/// <c>+</c> in the user name, what the worker had last, the client's suggestion, the port's start. From there vardiff goes on, but after
/// <c>fd=</c>. What is handed out may be easier, where the block target is.
/// </summary>
internal sealed class SessionDifficulty
{
    private const int PasswordMax = 512;

    private readonly DifficultyTable _table;
    private Difficulty _floor;
    private Difficulty _configuredFloor;
    private Difficulty _suggested;
    private bool _isFixed;
    private bool _isChosen;
    private bool _isRecalled;
    private bool _hasMoved;
    private bool _isWhole;
    private Vardiff _vardiff;

    /// <summary>Starts with the port's difficulty.</summary>
    public SessionDifficulty(DifficultyTable table, SessionPort port)
    {
        _table = table;
        Port = port;
        _floor = _configuredFloor = port.Min;
        _isFixed = !port.HasVardiff;
        Wanted = table.Get(port.Start);
    }

    /// <summary>Where the connection came in.</summary>
    public SessionPort Port { get; }

    /// <summary>What the next work should have.</summary>
    public ShareDifficulty Wanted { get; private set; }

    /// <summary>True where <see cref="Wanted"/> says something of the miner: it found shares at it, or vardiff has moved it.</summary>
    public bool IsMeasured(bool hasShares) => !_isFixed && (hasShares || _hasMoved);

    /// <summary>
    /// Never below this from now on, as the device or its owner (<c>md=</c>) wants it; the highest counts. The port's maximum wins over it.
    /// </summary>
    public void RaiseFloor(Difficulty floor, long nowMs)
    {
        if (floor > _floor) _floor = floor;
        Want(Wanted.Difficulty, nowMs);
    }

    /// <summary>From now on whole numbers only: the next above what would be wanted.</summary>
    public void KeepWhole(long nowMs)
    {
        _isWhole = true;
        Want(Wanted.Difficulty, nowMs);
    }

    /// <summary>The minimum-difficulty of mining.configure, each time in place of the one before; null: none.</summary>
    public void Configure(Difficulty? floor, long nowMs)
    {
        _configuredFloor = floor ?? Port.Min;
        Want(Wanted.Difficulty, nowMs);
    }

    /// <summary>
    /// The client suggests a difficulty. The same suggestion again changes nothing, as some repeat theirs for ever; nor does the first one
    /// where it is known what the worker had last; nor does any after the owner chose one by password.
    /// </summary>
    public void Suggest(Difficulty value, long nowMs)
    {
        if (_isChosen || value == _suggested) return;

        var isFirst = _suggested == default;
        _suggested = value;
        if (!isFirst || !_isRecalled) Want(value, nowMs);
    }

    /// <summary>
    /// What the owner wrote at login, where name and password are often all that can be set: a number behind the account, and the options
    /// of the password, which wins.
    /// </summary>
    /// <param name="inName">The number in the user name, if there is one.</param>
    /// <param name="password">The password as sent; only so much of it is read as any option needs.</param>
    /// <param name="nowMs">Monotonic milliseconds.</param>
    public void AskAtLogin(Difficulty? inName, ReadOnlySpan<byte> password, long nowMs)
    {
        if (inName is { } value) Choose(value, isFixed: false, nowMs);

        var asked = AskedDifficulty.FromPassword(Encoding.UTF8.GetString(password[..Math.Min(password.Length, PasswordMax)]));
        if (asked.Min is { } floor) RaiseFloor(floor, nowMs);
        if (asked.Start is { } start) Choose(start, asked.IsFixed, nowMs);
    }

    /// <summary>The owner chooses a difficulty by password.</summary>
    public void Choose(Difficulty value, bool isFixed, long nowMs)
    {
        _isChosen = true;
        _isFixed |= isFixed;
        Want(value, nowMs);
    }

    /// <summary>
    /// What the worker had last. It comes in at login or a little later; too late once vardiff went its own way. Where difficulty is not to
    /// follow the miner it does not count.
    /// </summary>
    public void Recall(Difficulty value, long nowMs)
    {
        if (_isChosen || _isFixed || _hasMoved) return;

        _isRecalled = true;
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
        var factor = _vardiff.Factor(Port.Vardiff, Wanted.Work, nowMs);
        if (factor == 1) return;

        _hasMoved = true;
        Want(Nearest(Wanted.Difficulty.ToDouble() * factor), nowMs);

        // Also where a limit or rounding left it as it is: otherwise every share would come here again.
        _vardiff.Restart(nowMs);
    }

    private void Want(Difficulty value, long nowMs)
    {
        var floor = _floor < _configuredFloor ? _configuredFloor : _floor;
        var within = Port.Clamp(value < floor ? floor : value);
        if (_isWhole) within = Difficulty.FromInteger((long)Math.Ceiling(within.ToDouble()));
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
