using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Node;

/// <summary>What the metrics say of one node.</summary>
internal sealed class NodeGauges
{
    private readonly Gauge _up;
    private readonly Gauge _active;

    public NodeGauges(MetricsRegistry metrics, string pool, NodeLink link)
    {
        (string, string)[] labels = [("pool", pool), ("node", link.Name)];
        _up = metrics.Gauge("viddhana_node_up", "1 while templates may be taken from the node.", labels);
        _active = metrics.Gauge("viddhana_node_active", "1 for the node that templates are taken from.", labels);
        metrics.Gauge("viddhana_node_height", "Height of the node's best block; -1 before its first answer.", () => link.Height, labels);
        _up.Set(0);
        _active.Set(0);
    }

    public void Set(NodeLink link) => _up.Set(link.IsUp ? 1 : 0);

    public void SetActive(bool isActive) => _active.Set(isActive ? 1 : 0);
}
