import 'uplot/dist/uPlot.min.css';

import { useEffect, useRef } from 'react';
import uPlot from 'uplot';

import { useTheme } from '../shell/theme.js';
import type { ChartData } from './chart-data.js';

export interface ChartSeries {
  readonly name: string;
  /** A custom property of the style sheets. */
  readonly color: string;
}

export interface ChartProps {
  readonly data: ChartData;
  readonly series: readonly ChartSeries[];
  readonly bars: boolean;
  readonly unit: (value: number) => string;
  /** The content of the picture, for screen readers. */
  readonly label: string;
}

/** The height that is reserved for it, px. */
const HEIGHT = 220;

/** A line with few values is drawn with points, because a single value makes no line. */
const isSparse = (plot: uPlot, index: number): boolean =>
  (plot.data[index] ?? []).filter((value) => typeof value === 'number').length <= 30;

/** Figures over time, drawn by uPlot in the colours of the theme. */
export default function Chart({ data, series, bars, unit, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(data);
  const theme = useTheme();

  useEffect(() => {
    newest.current = data;
    plot.current?.setData(data as uPlot.AlignedData);
  }, [data]);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--chart-text'),
      font: `12px ${style.fontFamily || 'system-ui'}`,
      grid: { stroke: color('--chart-grid'), width: 1 },
      ticks: { show: false },
    };
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        padding: [12, 16, 0, 0],
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(bars ? 5 : 20, max * 1.1)] } },
        axes: [
          { ...axis, grid: { show: false }, space: 70, size: 32, values: '{HH}:{mm}' },
          { ...axis, size: 64, values: (_plot, values) => values.map(unit) },
        ],
        series: [
          {},
          ...series.map(({ name, color: property }) => ({
            label: name,
            stroke: color(property),
            width: bars ? 0 : 2,
            ...(bars
              ? {
                  fill: color(property),
                  paths: uPlot.paths.bars?.({ size: [0.8, 24] }),
                  points: { show: false },
                }
              : { spanGaps: true, points: { show: isSparse, size: 5, fill: color(property) } }),
          })),
        ],
      },
      newest.current as uPlot.AlignedData,
      element,
    );
    plot.current = drawn;
    const resize = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.current = null;
      drawn.destroy();
    };
  }, [bars, series, theme, unit]);

  return <div ref={place} className="chart" role="img" aria-label={label} />;
}
