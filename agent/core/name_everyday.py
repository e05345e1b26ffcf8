"""Everyday words of cars, workshops, offices and the web, which speak of nobody's finance. Data only.

They decide nothing: a name one of whose words is known is no riddle, and a squashed name is cut where these words end.
A word that is also the short form of one the law's rules ask for does not belong here.
"""

from __future__ import annotations

_WORDS = """
probability research researcher reservation preservation
abgasuntersuchung abholung abrasion abs absent absorber accelerator accessed accordion acoustic adapter adaptive adas
adhesive adjustable aerial aero agenda agile agitator aided aisle album alcantara algorithm alignment alloy alternator
altitude aluminum ambient ambito ambulance amenity ammeter amp anchor android anhaengerkupplung animation annahme
answer answered antenna antifreeze antilock antitheft antriebsart api apparel appearance approach arch archive
archived aroma arrived arrow ase aspect asphalt aspiration assembled assembly assist assisted attempt attend attended
attendee aurora aussenfarbe autoplay autosave avatar awd awning axle backrest backup badge baffle ballast banner
barcode barrier basket bass batch bearing bedliner beep bell belt bench bevel beverage bezel bicycle bike billboard
binding birch bitrate blade blank blanket bleed blend blind blink blog blown bluetooth boat bold bolster bolt bonnet
bookmark boost border bore bottle bounce bounced bouncing bowl bracket braided braking breadth breaker breath bridge
briefing bright brightness broadcast brochure bronze browser brush bucket buckle bug bulb bulk bulletin bumper bundle
bundled burn burned burner burnish bushing button buzzer cab cabin cable cabriolet cache cadence cajon caliper camber
camshaft canister canopy capacity capsule caption carbon carburetor carfax carpet carrying cartridge cassette cast
caster casting catalog catalytic cellar ceramic certificate chamber chapa charger chatbot checklist checksum chemical
chip chrome chunk cigarette cinema cladding clamp clarity clay cleaner cleaning clearance clearcoat click clicked
climate clip closet cloth cloud clunk cluster coat coated coating cochera cockpit coffre coil cold collar collision
column combustion comfort command commute compact compartment compass compatible competitor compound compressed
compression compressor computer concierge cone configured connect connected connection connector console contacted
contactless contour contrast convenience convertible conveyor cooldown cooled cooler cooling corner cornering
corrosion cosmetic couch coupe coupling courier courtesy cowl crack cracked cradle crane crank crankshaft crash crate
crawl crease crew cross crossbar crossover cruise crumb cube cubic cup cupholder cure cursor curtain curve cushion
dampened damper dark dashboard dashcam dayshift dazzle debounce debris decal deck decking decoder deer deflector defog
defrost defroster degree deleter deliverable demo demonstration dent depth depthlf descent designer desktop detailer
detailing detector detent detergent diagonal diagram dial diameter diesel diff differential diffuser dimension dimmer
dinner dipstick dirt dirty disc disk dispenser displacement dot downhill drag drain drained drawer dressing drift
drilled drip drivable driveline driven driveshaft drone dropdown drum dry duct duplicate durability dust dusty earbud
ebrake echo edge edr elastic elbow elevador elevation embed emblem emission emissionsklasse
emulator encoding energy engagement engraved enhancement enrichment epa ergonomic erstbesitzer esc escort espresso
essence eta etch etching ethanol evap evaporator evidence examination executed expander expert explorer export
exported exposure express extinguisher eye eyebrow fabric facebook facelift fader fahrzeugart failure fan farm fascia
fastener favicon feature featured feed feedback feeler feet felgen female fender fiber fifth figure filament filename
film finder finish finisher firmware fitment fitted fitting fixture flange flap flare flash flasher flavor float flood
floodlight flow fluid flush foam focus fog foglight fold folder folding font footer footprint footrest footwell forge
fork forum foyer frame framed freeze freezer freezing frein friction fridge frozen fuse gallon game garantiebis
garbage garden gasoline gate gauge gazole gcwr geo geocode geofence getriebeart gif glare glasschaden glaze glitch
glove glovebox glow glue google gouge grab gravel gravity grease greeting grid grill grille grinding grip grommet
groove ground groundclearance guard guide gutter gvwr gymnasium hail hailed halle halo halogen hammer handle handling
handset hangar hanger hashtag hatch hatchback haul hauptuntersuchung hazard haze hazmat headlamp headlight headliner
headrest headroom headset heat heated heater heating heatshield heavy heel helmet help helper hex hidden hill hinge
hitch hobby holiday hologram hood hook horn horsepower hot hotspot hourglass hover hub hubcap hud humidity hybrid
hydraulic hydrogen illumination impact impeller impression inch inclination indexed indoor inflation inflator
infotainment infrared injection injector inlet innenfarbe innovation inspected inspektion instagram instrument
insulation intensity intercooler invite invited invitee ionizer iphone isofix jack jacket jantes jet jog joint
joystick jumper jumpstart karosserie kayak keypad kiosk kit klimaanlage knee knob knock kraftstoffart lackfarbe
lackierer lambda laptop laser latch latency launch laundry lavatory layer layout leather legend legroom leistungkw
leistungps lesson lever lid liftgate lightbar likes limousine liner lining linkage linkedin liter lithium litre
llantas load loading locale lockout lounge lubricant lubrication lug luggage lumbar lumen lunch machine magnet
magnetic mailbox mailer male manifold map marble marker massage mats matte mattress measure measured measurement
mechanical mechanism megapixel membrane memory mesh metallic microphone midnight midtrim migration mileagein
mileageout minivan minor mirror misfire mobility mold molding momentum monitor monitoring monthend moonroof moped
motion motorcycle motorizacion mount mounted mounting mouse mud mudflap mudguard mug museum music mute muted nameplate
napkin narrow navi navigationssystem neck neutral nitrogen nitrous noise noisy nozzle nut oauth obd obstacle octane
odor oelwechsel offroad offset omission onboard onhand onsite onstar opacity opened optics organizer orifice outboard
outdoor outlet outline overdrive overhang overhaul overhead overheat overlay overnight oversteer oxygen ozone packaged
packaging pad paddle pagination pairing pallet panorama panoramic parade parcel parked parking particulate pasillo
passenger patch patched pavement pebble pedestrian peinture perforated perimeter phase picnic pile pillar pilot pinch
pinion pintura pipe pipeline pit pitch pivot pixel placard plaid planet planned plastic platinum playback playlist
pleather plugin podcast pointer polarity pole polish polished pollen polster polsterung popularity popup porch
portrait postback poster posture pothole powder powertrain precheck precision preheat presentation pretensioner
prewash printer prism probe probefahrt procedure profiltiefe projector promenade prop propeller propulsion protector
protocol proximity pulley pulse puncture purge pushed quad quality queued quiet quiz quota rack radar radiator radius
rail rain rainsensor ramp rampa ranking ratchet ratio reactor readiness readout realtime rear rearcamera rearview
reboot receptacle recharge recirculation recline recliner recommend reconnect recycle redesign redirect redline redo
reel referer referrer refill reflection reflector refresh refrigerant regen regulator reifenprofil reinforced relay
remedy removable removal removed render rendered reopened reorder reordered replied reprint resize resolution resolver
resource restore restored restraint restroom retarder retractable retries retrofit retry reusable reviewer rewind
rhythm ribbon ride rider rigid rim rines rinse riser roadster rocker rod roll rollback rollbar roller rolling
rollout roof roofrack rooftop room rotate rotated rotor roues rough rpm rubber rubbing rugged rumble runner running
rust rusted saddle salon salt sand sandbox saturation scaffold scanned scanner scene scent schadstoffklasse scheckheft
scooter scrap scraper scratch scratched screw scroll seal sealant sealed sealer seam seatbelt seating sedan seeds
sender sentiment sentry separator serpentine server shade shading shaft shaker shape shelf shell shield shift shifter
shim shine shipment shipping shock shoulder showroom shroud shutter shuttle siding siege signage signal silencer
silver siren sitzheizung sitzplaetze skid skin slack slider slides slope slot slow small smart smartphone smell smog
smoke smoker smooth snow snowplow socket sofa solar solenoid sound soundbar spacer spacing spam span spanner spare
speaker spectrum speedo speedometer spider spill spin spindle splash spline spoiler spoke sponge sponsor spool
sportback spray sprayed sprint sprocket squeak squeal stability stabilizer stack stain stained stainless stair stall
stance standing standtage star starter startup static steam steel steering stellplatz stem step stick stiff stitch
stitched stitching stocking stool stopped storefront storm stove straight strap stream streaming stress stretch strip
stroke strut stud studio stylesheet submit subwoofer suede sunblind sunglass sunroof sunshade superseded supervisor
supplies surface surround suspended suspension sweep swept swivel sync synced synthetic syringe tablet tabs tach
tachometer tailgate taillight tailored tailpipe tape tapiceria tariff taxi technical telematic telemetry telescopic
temperature tempered termindatum terminzeit terrain tested tether texture thermal thermometer thermostat thickness
thread threshold throttle throw thumb thumbnail tick tie tile tilt timeframe timelapse timeline timeslot timezone
timing tinted tinting toast toe toggle toit toll tone tongue tonnage tonneau toolbox toolkit tooltip tooth topcoat
torn torque torsion touchpad touchscreen touchup towed towing township toy tpms trace traffic trail trained training
transcript transfercase transmit transparent transporter travel tray treadwear trend trending triangle trigger trimmed
tripmeter trolley trunklid tub tube tueranzahl tuev tumbler tuned tuner tuning tunnel turbine turbo turbocharged
turbocharger turning twin twist twitter typing umweltplakette underbody undercarriage undercoat uneven uniform
universal unlock unlocked unopened upgrade upgraded uphill uphold upholstery upload uploaded uptake urgency urgent usb
vacuum valance valve vanity vapor velocity vent ventilated ventilation verbrauch verrechnung vest vestidura
vibrate vibration viewed viewer vinyl viscosity visor vitre vocal voicemail volant voltage volts vorbesitzer vortex
wagon walkin wander warm warmer warming warmup warn warning warp washed washer wastegate water waterpump watts wave
wax waxed weather weatherstrip webhook webinar webpage weekday weekend welcome weld welded wet wheelbase wheelchair
wheelwell whine whistle wide widget wifi winch wind windscreen windshield winter wiper wireless wiring wishlist
witness wobble wood woodgrain woofer worker worklist workorder workspace worn wrap wrapped wreath wrecker wrench wrist
yard yardage yaw yellow youtube zero zipper
"""
EVERYDAY = frozenset(_WORDS.split())
